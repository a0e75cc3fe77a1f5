"""Jobs over a whole corpus: embeddings, neighbors, duplicates, clusters and maps."""
