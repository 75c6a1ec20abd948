"""What `mockserver mcp` offers to a coding agent: tools over the control API, resources, prompts, and a skill.

`tools` has one method a tool, `resources` the reading matter, `server` puts both into a server of the Model Context
Protocol (the official SDK, extra `mcp`), and `skill.md` teaches an agent when to use what.
"""
