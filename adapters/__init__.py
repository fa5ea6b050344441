"""Channel adapters: one folder per protocol, all alike."""
