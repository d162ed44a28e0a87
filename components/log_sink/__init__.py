"""The sink of KServe's logger: it takes what model servers answered, and brings it to the monitoring."""
