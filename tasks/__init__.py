"""What runs in workers: workflows made of steps, and the engine that carries them out."""
