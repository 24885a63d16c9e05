"""Why a connection ended: its facts, the verdict on them, and their texts. Pure."""
