"""Jobs on several machines: an executor for Ray clusters."""

from likewise.scale.connection import cluster_executor
from likewise.scale.executor import RayExecutor

__all__ = ["RayExecutor", "cluster_executor"]
