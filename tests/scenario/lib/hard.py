"""What campaigns against a hard Zoho share: sizes, pulls, and differences but for those that Zoho's lists can't tell."""
import re
import time

import checker
from tds import ENTITIES, check, unless

SIZES = {"items": 80, "active-items": 60, "customers": 60, "vendors": 35, "orders": 40, "invoices": 50, "bills": 32, "credit-notes": 32, "payments": 36,
         "returns": 32, "adjustments": 32}
SMALL = {"items": 40, "active-items": 30, "customers": 30, "vendors": 25, "orders": 25, "invoices": 25, "bills": 12, "credit-notes": 12, "payments": 12,
         "returns": 12, "adjustments": 12}
PAGED = tuple(e for e in ENTITIES if e not in ("branch", "user", "price_list"))
VANISHED = "was deleted in Zoho and isn't marked"


def but_for(found, *allowed):
    """The differences without those that these patterns name; '' when none is left."""
    left = [line for line in found.split("\n")[1:] if not any(re.search(a, line) for a in allowed)] if found else []
    return "\n".join(left)


def every_difference(sim, tds, **options):
    return checker.differences(sim, tds, shown_max=100000, **options)


def pull(tds, incremental, details=True, times=1, **more):
    """A pull of everything, asked for again where Zoho's faults are too many for one; a problem in words when its details don't come."""
    for _ in range(times):
        reply = tds.bulk("sync-all", incremental=incremental, active_only=False, **more)
        if reply.status == 200 and reply.json["success"]:
            break
        time.sleep(1)
    failed = {name: part["error"] for name, part in reply.json.get("results", {}).items() if not part["success"]} or reply
    check(f"{'an incremental' if incremental else 'a full'} pull goes through", unless(reply.status == 200 and reply.json["success"], failed))
    return tds.quiet(90, details) or tds.heal()
