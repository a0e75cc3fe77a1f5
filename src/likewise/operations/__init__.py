"""Operations: one verb per file, a frozen request in and a frozen result out.

Every interface (command line, web app, HTTP, MCP) translates a request, calls one operation and
shows its result.
"""
