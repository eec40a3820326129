"""Which key opens the cloud: the settings' own, or the environment's by the name that the service's users know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from llm.settings import CloudSettings

_VARIABLES: Final = {
    "openrouter.ai": "OPENROUTER_API_KEY"
}  # by host; every other service is asked with OpenAI's
_USUAL: Final = "OPENAI_API_KEY"


def key_variable(base_url: str) -> str:
    """The environment variable in which a service's key is looked for."""
    host = urlsplit(base_url).hostname or ""
    return next((name for of, name in _VARIABLES.items() if host == of or host.endswith(f".{of}")), _USUAL)


def find_key(cloud: CloudSettings, environment: Mapping[str, str] = os.environ) -> str:
    """The key, or an empty string: then there is no cloud. Never logged, never shown."""
    if cloud.api_key is not None:
        return cloud.api_key.get_secret_value().strip()
    return environment.get(key_variable(cloud.base_url), "").strip()
