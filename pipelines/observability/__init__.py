"""What Prometheus and Grafana get: rules, alerts and dashboards, made by code and kept in manifests/."""
