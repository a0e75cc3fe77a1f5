"""The JSON of results, as types: the output schemas of the tools."""
