"""The Prometheus metrics of one process, or of all processes on a host."""
