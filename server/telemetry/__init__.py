"""OpenTelemetry: traces, metrics and logs over OTLP, when OTEL_* variables ask for them."""
