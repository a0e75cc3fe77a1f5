"""Model Context Protocol: the operations as tools for agents, collections as resources.

`stdio` serves one client over standard input and output, `http` is a part of the web server,
`install` writes the configuration of clients. The packages of the extra `mcp` are imported by
all but `install`.
"""
