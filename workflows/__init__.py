"""The story, durable: a cohort is planned and approved, each rotation finds its way."""
