"""A company's own program folder: one leader spends a day at the mill."""

from pathlib import Path

ORGANISER = "rotations@mill.example"

PROGRAM = """
[program]
key = "mill"
version = 3
name = "A day at the mill"
cohort = "spring"
zone = "Europe/Vienna"
anchor = 2026-03-02
weeks = 5
coordinator = "iris"
mail-domain = "mill.example"

[[steps]]
key = "talk"
kind = "learning-goal-talk"
title = "Talk"
duration = "45m"
window = { closes = "10d" }
required = ["participant", "home-manager"]

[[steps]]
key = "day"
kind = "shadowing-day"
title = "Day at the mill"
duration = "5h"
window = { after = "talk", opens = "1d", closes = "14d" }
required = ["participant", "host-lead"]
over-meetings = true

[[steps]]
key = "listen"
kind = "listening-session"
title = "Listening"
duration = "1h"
window = { after = "day", closes = "7d" }
required = ["participant"]
frontline-quorum = 1

[[steps]]
key = "reflect"
kind = "reflection"
title = "Reflection"
duration = "30m"
window = { after = "listen", closes = "96h" }
required = ["participant"]
"""

THANKS = """
[[steps]]
key = "thanks"
kind = "thanks"
title = "Thanks"
duration = "0m"
window = { after = "reflect", opens = "12h", closes = "7d" }
required = ["participant"]
"""

SUMMARY = """
[[steps]]
key = "summary"
kind = "summary"
title = "Summary"
duration = "0m"
window = { after = "listen", closes = "7d" }
required = ["participant"]
"""

CO_CREATION = """
[[steps]]
key = "workshop"
kind = "co-creation"
title = "Workshop"
duration = "2h"
window = { after = "listen", opens = "1d", closes = "14d" }
required = ["participant"]
frontline-quorum = 2
names-shown = true

[[steps]]
key = "proposal"
kind = "proposal"
title = "Proposal"
duration = "0m"
window = { after = "workshop", closes = "7d" }
required = ["participant"]
"""

PEOPLE = """\
id,name,email,team,manager,zone,country,subdivision,working_hours,participates,released_on,sessions_agreed_on
iris,Iris Kern,iris@mill.example,office,,Europe/Vienna,AT,9,Mon-Fri 09:00-17:00,no,,
boss,Otto Brandl,otto@mill.example,office,,Europe/Vienna,AT,9,Mon-Fri 09:00-17:00,no,,
vera,Vera Lang,vera@mill.example,office,boss,Europe/Vienna,AT,9,Mon-Fri 09:00-17:00,yes,2026-02-01,
karl,Karl Moser,karl@mill.example,mill,,Europe/Vienna,AT,3,Mon-Fri 07:00-16:00,no,,2026-02-01
lisa,Lisa Huber,lisa@mill.example,mill,karl,Europe/Vienna,AT,3,Mon-Fri 08:00-16:00,no,,2026-02-01
"""

PAUL = """\
paul,Paul Egger,paul@mill.example,mill,karl,Europe/Vienna,AT,3,Mon-Fri 08:00-16:00,no,,2026-02-01
"""

NINA = """\
nina,Nina Auer,nina@mill.example,office,,Europe/Vienna,AT,9,Mon-Fri 09:00-17:00,no,,
"""

TONI = """\
toni,Toni Ruf,toni@mill.example,office,boss,Europe/Vienna,AT,9,Mon-Fri 09:00-17:00,yes,2026-02-01,
"""

TONIS_GOAL = """\
toni,See who fixes the mill,I know their names,operational,1,mill,2026-02-01
"""

BAKERS = """\
gerd,Gerd Bach,gerd@mill.example,bakery,,Europe/Vienna,AT,3,Mon-Fri 07:00-16:00,no,,
emma,Emma Haas,emma@mill.example,bakery,gerd,Europe/Vienna,AT,3,Mon-Fri 08:00-16:00,no,,2026-02-01
"""

BAKERY = """\
bakery,The bakery,operational,yes,gerd,emma,Europe/Vienna,2,,
"""

HOSTS = """\
id,name,lenses,customer_facing,lead,frontline,zone,visits_per_week,agreed_on,closed
mill,The mill,operational,yes,karl,lisa,Europe/Vienna,2,2026-02-01,
"""

GOALS = """\
participant,goal,seen_by,lens,weight,wished_team,agreed_on
vera,See how flour is really made,I can explain it,operational,1,mill,2026-02-01
"""


def write_folder(folder: Path, program: str = PROGRAM, people: str = PEOPLE) -> Path:
    """Write the folder and return it; Paul and the bakers have teams when they are among the people."""
    hosts = HOSTS.replace(",lisa,", ",lisa;paul,") if PAUL in people else HOSTS
    hosts += BAKERY if BAKERS in people else ""
    goals = GOALS + "".join(
        TONIS_GOAL.replace("toni", who) for who in ("toni", "paulr") if f"{who}," in people
    )
    files = {"program.toml": program, "people.csv": people, "hosts.csv": hosts, "goals.csv": goals}
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder
