"""The subcommands, one small module each: parse, call, echo. Only these know click."""
