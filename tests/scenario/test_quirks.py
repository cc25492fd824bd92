#!/usr/bin/python3
"""Ways in which Zoho is right and yet not what one expects: clocks minutes apart and zones with summer time, parameters that are
ignored with 200, pages of other sizes than asked for, rows twice, lists with lines, contacts that were merged. Afterwards every row
of every table is what Zoho holds.
"""
import os
import sys
import time
from datetime import datetime, timezone

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from hard import SIZES, SMALL, VANISHED, but_for, every_difference, pull
from tds import ENTITIES, accepted, check, differs, run, unless, world


def clocks():
    """Zoho's clock minutes ahead or behind ours, summer time ending as we read, zones to the minute."""
    change = int(time.time()) - int(datetime(2026, 11, 1, 6, tzinfo=timezone.utc).timestamp())  # winter time begins in New York
    for skew, zone in ((430, "+0545"), (-430, "-0330"), (-3 - change, "EST5EDT,M3.2.0,M11.1.0")):
        sim, tds = world(sim={**SMALL, "clock-skew": skew, "time-zone": zone}, sync={"overlap": "3s", "details": False})
        name = f"Zoho's clock {skew:+} s, zone {zone}"
        tds.bulk("sync-all", active_only=False)
        for entity in ("invoice", "customer", "order", "bill", "credit_note", "product"):
            sim.control("POST", f"change?entity={entity}&count=5&seed=8&webhook=true")
        time.sleep(4.2)  # more than the overlap; over the change of the clocks
        for entity in ENTITIES:
            sim.control("POST", f"change?entity={entity}&count=5&seed=9")
        tds.bulk("sync-all", incremental=True, active_only=False)
        sim.control("POST", "change?entity=invoice&count=5&seed=10&webhook=true")
        sim.delivered()
        tds.quiet(20, details=False)
        check(f"{name}: every row is what Zoho holds", checker.differences(sim, tds, details=False))
        if "EST" in zone:
            offsets = {r["last_modified_time"][-5:] for r in sim.truth("invoice")}
            check(f"{name}: with times of both sides of the change", differs(offsets, {"-0400", "-0500"}))
        tds.remove()
        sim.stop()


def ignored():
    """Parameters that Zoho ignores with 200, pages of other sizes than asked for, rows twice, another order each time."""
    for quirks in (["ignore_filters"], ["ignore_sort", "short_pages=3", "overlap_rows=2"], ["list_lines", "leave_out=last_modified_time,for=return",
                   "leave_out=last_modified_time,for=stock_adjustment"]):
        with_details = "list_lines" in quirks
        sim, tds = world(sim={**(SMALL if with_details else SIZES), "quirk": quirks}, sync={"overlap": "1s", "details": with_details})
        name = " and ".join(quirks)
        reply = tds.bulk("sync-all", active_only=False, batch_size=20)
        check(f"{name}: a full pull goes through", unless(reply.json["success"], reply))
        check(f"{name}: its details come", tds.quiet(60, details=with_details))
        unversioned = [rf"^#   (return|stock_adjustment|sales_returns|stock_adjustments) \d+ (state.last_modified|zoho_last_modified): None"]
        check(f"{name}: every row is what Zoho holds", but_for(every_difference(sim, tds, details=with_details), *unversioned))
        time.sleep(2.1)
        for entity in ENTITIES:
            # what was changed last, so that it stands in no order by name or creation
            for number in sim.ids(entity)[-30::9]:
                sim.change(entity, number, {"description" if entity in ("product", "payment", "price_list", "stock_adjustment") else "reason" if entity == "return" else
                                            "company_name" if entity in ("customer", "vendor") else "phone" if entity == "branch" else
                                            "name" if entity == "user" else "reference_number": f"by {number}"})
        reply = tds.bulk("sync-all", incremental=True, active_only=False, batch_size=20)
        check(f"{name}: an incremental pull goes through", unless(reply.json["success"], reply))
        check(f"{name}: its details come", tds.quiet(60, details=with_details) or tds.heal())
        check(f"{name}: every row is what Zoho holds after changes", but_for(every_difference(sim, tds, details=with_details), *unversioned,
              r"^#   sales_returns \d+ (reason|zoho_data)" if with_details else "^never$"))
        if with_details:
            blind(sim, tds, unversioned)
        tds.remove()
        sim.stop()


def blind(sim, tds, unversioned):
    """What is no other version to a list is seen by a scan all the same: it asks for the details of what has none; a pull does for price
    lists, whose webhooks have none either."""
    sim.quirk("leave_out", "last_modified_time", of="price_list")
    tds.bulk("pricelists")
    tds.quiet(30)
    number = next(r["id"] for r in sim.truth("price_list") if r["record"].get("pricebook_items"))
    items = sim.record("price_list", number)["record"]["pricebook_items"]
    sim.change("price_list", number, {"pricebook_items": [dict(items[0], pricebook_rate=4711)] + items[2:]}, touch=False)
    tds.bulk("pricelists")
    tds.quiet(30)
    check("a pull of price lists brings what changed of their items alone", 
          unless(tds.value("SELECT count(*) FROM product_prices WHERE zoho_price_list_id = %s AND price = 4711", number) == 1, number))
    sim.quirk("leave_out", "last_modified_time", of="return")
    tds.bulk("returns")
    tds.quiet(30)
    before = sim.calls()["by_path"]
    for incremental in (False, True):
        tds.bulk("returns", incremental=incremental)
        tds.quiet(30)
    check("pulls of returns don't ask for all their details each time",
          differs(*({p: n for p, n in calls.items() if "returns/{id}" in p} for calls in (sim.calls()["by_path"], before))))
    tds.bulk("returns", verify=True)
    tds.quiet(60)
    check("a scan brings what changed in details of returns alone", but_for(every_difference(sim, tds, entities=("return",)), *unversioned))
    calls = sim.calls()["by_path"]
    tds.bulk("vendors")
    check("and asks once", differs({k: n for k, n in sim.calls()["by_path"].items() if "return" in k}, {k: n for k, n in calls.items() if "return" in k}))


def too_much_at_once():
    """A list that comes on one page whatever is asked for: more than can be taken is an error that says so, never an empty page."""
    sim, tds = world(sim={"invoices": 1100, "orders": 900, "quirk": ["ignore_paging"]}, sync={"details": False})
    reply = tds.bulk("orders")
    check("900 rows on one page are taken", differs((reply.json["success"], reply.json["stats"]["created"]), (True, 900)))
    reply = tds.bulk("invoices")
    check("1100 are not, which is said", unless(not reply.json["success"] and "1000" in (reply.json["error"] or ""), reply))
    row = {"user_id": "1", "name": "x", "email": "x@example.com", "status": "active"}
    sim.reply("/books/v3/users", {"code": 0, "users": [row, {**row, "user_id": "2"}], "page_context": {"page": 1, "per_page": 200, "has_more_page": True}})
    before = sum(sim.calls()["by_path"].values())
    other = tds.bulk("users")
    check("one that comes again and again, and says that there is more, is an error", unless(not other.json.get("success") and "once more" in str(other.json), other))
    check("after a few calls", unless(sum(sim.calls()["by_path"].values()) - before < 12, sim.calls()["by_path"]))
    check("and no cursor is set over what wasn't read", tds.value("SELECT cursor_value FROM tds_sync_cursors WHERE entity_type = 'invoice'"))
    sim.no_quirks()
    reply = tds.bulk("invoices")
    check("once Zoho pages again, all is well", differs(reply.json["stats"]["created"], 1100))
    check("every row is what Zoho holds", checker.differences(sim, tds, entities=("invoice", "order"), details=False))


def lists_with_lines():
    """A list's row never touches lines, whatever it carries: it may carry a part of them."""
    sim, tds = world()
    number = next(r["id"] for r in sim.truth("price_list") if len(r["record"]["pricebook_items"]) > 3)
    tds.bulk("pricelists")
    tds.quiet(30)
    have = tds.value("SELECT count(*) FROM product_prices WHERE zoho_price_list_id = %s", number)
    row = sim.record("price_list", number)["list"]
    row["pricebook_items"] = [{"item_id": "1", "pricebook_item_id": "2", "pricebook_rate": 3}]
    sim.reply("/books/v3/pricebooks", {"code": 0, "pricebooks": [row]}, count=1)
    tds.bulk("pricelists")
    check("a list's row with one price leaves the others", unless(
        tds.value("SELECT count(*) FROM product_prices WHERE zoho_price_list_id = %s", number) == have > 3, have))
    tds.quiet(30)
    check("every price is what Zoho holds", checker.differences(sim, tds, entities=("price_list",)))


def merged():
    """Two contacts become one: its documents move, the old id is a 404, which deletes nothing by itself."""
    sim, tds = world(sync={"overlap": "1s"})
    pull(tds, False)
    with_invoices = [r["record"]["customer_id"] for r in sim.truth("invoice")]
    old, into = with_invoices[0], next(c for c in sim.ids("customer") if c != with_invoices[0])
    time.sleep(2.1)
    sim.merge("customer", old, into)
    check("documents move", pull(tds, True))
    check("and are right, the contact that is no more apart", but_for(every_difference(sim, tds), f"customers {old} {VANISHED}"))
    event = accepted(tds.webhook("customers", {"contact": {"contact_id": old}}))
    outcome = tds.finished(event)
    check("who asks for the old id is told that there is none", unless(outcome[0] == "dead_letter" and "404" in outcome[2], outcome))
    check("and nothing is deleted by that", differs(tds.row("customer", old, "deleted_at"), None))


if __name__ == "__main__":
    run(clocks, ignored, too_much_at_once, lists_with_lines, merged)
