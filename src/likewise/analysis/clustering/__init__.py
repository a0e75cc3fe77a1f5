"""Clusters, their names and their stability."""
