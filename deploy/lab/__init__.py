"""A lab on one machine: the real components around the registry, each a process of its own.

Each module starts one component: on loopback, on a free port, in a folder of its own. Tests use
the same functions as the commands `python -m deploy.lab.NAME`.
"""
