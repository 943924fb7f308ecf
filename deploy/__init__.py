"""Deploying the registry: manifests, dashboards and alerts, and a lab that runs the real parts."""
