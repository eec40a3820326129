"""How people talk with each other: who has the floor, when a talk begins and when it ends."""
