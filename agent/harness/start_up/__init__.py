"""The start of a process, before its first ping.

AgentCore's platform V2 takes a snapshot after the first healthy ping and restores every session from it, days later. On
V1 each session starts a process of its own. In both cases a session is faster the more is done before the first ping.

Do at start-up what stays the same: imports, static settings, descriptions of AWS's services. Make in each run what
differs between sessions or expires: ids, random numbers, times, credentials, clients, connections, timers.
"""
