"""From bundles on disk to Power BI web: publish, follow a change of URL, compare, take down.

Read ``steps.py`` first: it is what happens to one client, in order. ``plan.py`` looks before it, ``apply.py`` does it
for many clients at once, and ``state.py`` remembers how far each one is, so that a run that was cut off goes on.
"""
