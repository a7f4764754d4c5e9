"""The parts of the benchmarks. Each one measures something, and yields results."""
