"""What workflows ask of the world: one class per port, adapters injected by the worker."""
