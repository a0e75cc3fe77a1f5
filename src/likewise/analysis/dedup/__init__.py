"""Exact copies and near-duplicates."""
