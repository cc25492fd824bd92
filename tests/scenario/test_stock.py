#!/usr/bin/python3
"""Stock: a lane of its own by the hundred, whatever moves without a new version, whoever dies."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
import tds as lib
from tds import accepted, check, differs, in_parallel, numbers, run, unless, wait_for, world, wrap

ITEMS = {"items": 450, "active-items": 300}
STOCK = "/api/bff/tds/sync/stock"
ACTORS = {"dispatcher": "dispatcher", "zoho-io": "zoho-io", "handler": "handler:product"}
REFUSAL = '{"code":1002,"message":"An item does not exist."}'


def stats(reply):
    return reply.json["stats"] if reply.status == 200 and "stats" in reply.json else {}


def details_calls(sim):
    return sim.calls()["by_path"].get("/inventory/v1/itemdetails", 0)


def calls(sim):
    """All but tokens."""
    return sum(n for path, n in sim.calls()["by_path"].items() if "oauth" not in path)


def right(sim, tds):
    """Every product and every row of product_stock against what Zoho holds."""
    return checker.differences(sim, tds, entities=("product",))


def with_locations(sim, n):
    found = [row["id"] for row in sim.truth("product") if not row["deleted"] and len(row["record"].get("locations") or []) > 1
             and row["record"]["status"] == "active"]
    return found[:n]


def transfer(sim, number, quantity=7):
    """From one location to another: no total moves, no version changes."""
    places = sim.record("product", number)["record"]["locations"]
    for place, sign in zip(places, (-1, 1)):
        for key in ("location_stock_on_hand", "location_available_stock", "location_actual_available_stock"):
            place[key] = str(lib.Decimal(str(place[key])) + sign * quantity)
    sim.change("product", number, {"locations": lib.numbers(places)}, touch=False)


def sell(sim, number, left):
    sim.change("product", number, {"stock_on_hand": left}, touch=False)


def all_of_it():
    sim, tds = world(sim=ITEMS, sync={"details": False, "images": False})
    reply = tds.bulk("items-with-stock", active_only=False)
    tracked = sum("stock_on_hand" in row["record"] for row in sim.truth("product"))
    check("items-with-stock writes every product once", unless(reply.status == 200 and reply.json["success"] and (
        stats(reply)["created"], stats(reply)["total_processed"]) == (450, 450), reply))
    check("and its stock, total and by location", right(sim, tds))
    check("stock_updated counts each product once, total and locations together", differs(stats(reply).get("stock_updated"), tracked))
    check("details come by the hundred", differs(details_calls(sim), 5))
    check("every call is told of", differs(reply.json["api_calls"], calls(sim)))
    before = calls(sim)
    rows = tds.rows("SELECT id::text FROM product_stock ORDER BY 1")
    reply = tds.post(STOCK + "?active_only=false")
    check("sync/stock of 450 items is five calls", differs(calls(sim) - before, 5) or differs(stats(reply).get("api_calls_made"), 5))
    check("where nothing moved, nothing is written", unless((stats(reply)["total_items_from_zoho"], stats(reply)["products_updated"], stats(reply)["products_created"],
          stats(reply)["products_skipped"], stats(reply)["errors"], reply.json["stock_updated"]) == (450, 0, 0, 450, [], 0), reply))
    check("not even the same again", differs(tds.rows("SELECT id::text FROM product_stock ORDER BY 1"), rows))
    moves(sim, tds)
    facts(sim, tds)
    told = subprocess.run([os.path.join(lib.BUILD, "tdsctl"), "-s", os.path.join(tds.data, "control.sock"), "sync", "stock", "--all-items"], capture_output=True, text=True)
    check("tdsctl sync stock does it, too", unless(told.returncode == 0 and "Stock bulk sync completed" in told.stdout and "450" in told.stdout, told))
    check("it ends cleanly", tds.stop())


def moves(sim, tds):
    sold, moved = with_locations(sim, 2)
    sell(sim, sold, 4711)
    transfer(sim, moved)
    check("(a transfer moves no total and no version: the lists can't tell)", unless(not right(sim, tds) == "", "no difference"))
    logs = tds.value("SELECT count(*) FROM tds_sync_logs WHERE source_entity_id IN (%s, %s)", sold, moved)
    reply = tds.post(STOCK)
    check("a stock run finds what was sold and what was moved between locations", right(sim, tds))
    check("and says that it were two", differs((stats(reply).get("products_updated"), reply.json.get("stock_updated")), (2, 2)))
    check("both stand in the log", differs(tds.value("SELECT count(*) FROM tds_sync_logs WHERE source_entity_id IN (%s, %s)", sold, moved) - logs, 2))
    check("active_only is the default: three hundred, three calls", differs((stats(reply).get("total_items_from_zoho"), stats(reply).get("api_calls_made")), (300, 3)))
    reply = tds.get(f"/api/bff/tds/runs/{reply.json['run_id']}")
    check("the run is visible with its pages", unless(reply.json["run_type"] == "stock" and reply.json["stock_updated"] == 2 and len(reply.json["pages"]) == 3 and
                                                     sum(p["stock_updated"] for p in reply.json["pages"]) == 2, reply))
    sell(sim, sold, 12)
    reply = tds.bulk("products")
    check("a pull of products says whose total changed", differs(stats(reply).get("stock_updated"), 1))
    reply = tds.bulk("stock")
    check("bulk-sync/stock is the same lane", differs((reply.json["message"], stats(reply).get("stock_updated")), ("Stock bulk sync completed", 1)))


def facts(sim, tds):
    reply = tds.get(STOCK + "/stats")
    truth = [row["record"] for row in sim.truth("product")]
    total = sum(lib.Decimal(str(r.get("stock_on_hand") or 0)) for r in truth)
    have = sum(lib.Decimal(str(r.get("stock_on_hand") or 0)) > 0 for r in truth)
    check("the figures are Zoho's, exact", unless((reply.json["total_products"], reply.json["with_zoho_id"], reply.json["with_stock"], reply.json["total_stock_quantity"],
          reply.json["stale_products"]) == (450, 450, have, total, 0) and reply.json["last_sync_time"].endswith("Z"), (reply, have, total)))
    tds.rows("UPDATE products SET last_synced = now() - interval '2 days'")
    tds.rows("UPDATE tds_run_pages SET applied_at = applied_at - interval '2 days'")
    reply = tds.get(STOCK + "/stats")
    check("what no stock run confirmed for a day is stale", differs(reply.json["stale_products"], 300))


def choices():
    sim, tds = world(sim=ITEMS, sync={"details": False, "images": False})
    reply = tds.bulk("items-with-stock", dry_run=True, active_only=False)
    check("a dry run says what it would do", unless(stats(reply).get("created") == 450 and stats(reply)["stock_updated"] > 400, reply))
    check("and writes nothing", differs(tds.rows("SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM product_stock), (SELECT count(*) FROM tds_run_plan), "
                                                 "(SELECT count(*) FROM tds_entity_state)"), [(0, 0, 0, 0)]))
    tds.bulk("items-with-stock", active_only=False)
    sold, moved = with_locations(sim, 2)
    sell(sim, sold, 0)
    transfer(sim, moved)
    stored = tds.rows("SELECT id::text, stock_on_hand::text FROM product_stock ORDER BY 1")
    reply = tds.bulk("items-with-stock", dry_run=True, active_only=False)
    check("a dry run later counts each product whose stock would change once", differs(stats(reply).get("stock_updated"), 2))
    told = tds.rows("SELECT d.source_entity_id, d.fields FROM tds_differences d JOIN tds_sync_runs r ON r.id = d.run_id WHERE r.parent_run_id = %s AND "
                    "r.run_type = 'stock'", reply.json["run_id"])
    fields = dict(told).get(moved) or {}
    check("it says where something would lie", unless(set(dict(told)) == {sold, moved} and list(fields) == ["product_stock"] and
                                                     fields["product_stock"][0] != fields["product_stock"][1], told))
    check("and writes nothing, either", differs(tds.rows("SELECT id::text, stock_on_hand::text FROM product_stock ORDER BY 1"), stored))
    empty = [r["id"] for r in sim.truth("product") if r["record"]["status"] == "active" and not float(r["record"].get("stock_on_hand") or 0) and r["id"] != sold]
    reply = tds.bulk("items-with-stock", with_stock_only=True)
    asked = tds.value("SELECT array_agg(id) FROM tds_run_pages p, unnest(p.ids) id WHERE run_id = (SELECT id FROM tds_sync_runs WHERE run_type = 'stock' "
                      "ORDER BY created_at DESC LIMIT 1)")
    check("with_stock_only asks only for what has some", unless(moved in asked and not set(asked) & set(empty), len(asked)))
    check("what was sold since is not left with what it had", right(sim, tds))
    check("what is left alone counts as skipped", unless(stats(reply)["skipped"] == len(empty) and stats(reply)["successful"] == 300 - len(empty), (reply, len(empty))))
    some = empty[0]
    sim.change("product", some, {"name": "nobody has it"})
    tds.bulk("products", with_stock_only=True, active_only=False)
    check("products without stock are left as they are", unless(tds.row("product", some, "name") != "nobody has it", some))
    check("and such a pull moves no cursor", differs(tds.value("SELECT cursor_value FROM tds_sync_cursors WHERE entity_type = 'product'") ==
                                                    tds.value("SELECT to_char(max(started_at), 'YYYY') FROM tds_sync_runs"), False))
    sell(sim, sold, 3)
    reply = tds.post(f"{STOCK}?active_only=false&dry_run=true")
    check("sync/stock as a dry run tells and writes nothing", unless(reply.json["stock_updated"] == 1 and tds.row("product", sold, "stock_quantity") == 0, reply))
    check("and so by its body", unless(tds.post(STOCK, {"dry_run": True}).json["stock_updated"] == 1 and tds.row("product", sold, "stock_quantity") == 0, reply))
    tds.rows("UPDATE products SET stock_quantity = 4711 WHERE zoho_item_id = %s", moved)
    tds.rows("UPDATE product_stock SET stock_on_hand = 4711 WHERE zoho_item_id = %s", some)
    reply = tds.post(f"{STOCK}?active_only=false")
    check("a sync of stock repairs what somebody else changed in the tables", right(sim, tds) or differs(tds.value(
        "SELECT count(*) FROM products WHERE stock_quantity = 4711"), 0))
    for query in ("batch_size=5", "batch_size=201", "batch_size=x", "active_only=perhaps", "with_stock_only=2", "dryrun=true", "verify=true"):
        reply = tds.post(f"{STOCK}?{query}")
        check(f"{query} is a 422 that names the field", unless(reply.status == 422 and query.split("=")[0] in reply.json["detail"][0]["loc"], reply))
    before = details_calls(sim)
    tds.post(f"{STOCK}?batch_size=50")
    check("batch_size is what a call names, a hundred at most", differs(details_calls(sim) - before, 6))


def named():
    sim, tds = world(sim=ITEMS, sync={"details": False, "images": False})
    tds.bulk("items-with-stock", active_only=False)
    ids = with_locations(sim, 150)
    gone = sim.ids("product")[-1]
    sim.delete("product", gone)
    for number in ids[:2]:
        transfer(sim, number)
    before = calls(sim)
    reply = tds.post(f"{STOCK}/specific?item_ids={ids[0]}&item_ids={ids[1]}&item_ids={ids[0]}", {"item_ids": [ids[1], int(ids[2]), "4711", gone]})
    check("named items are one call", differs(calls(sim) - before, 1))
    check("each counts once, those that Zoho doesn't have are failures of theirs",
          unless((reply.status, reply.json["success"], reply.json["requested"], reply.json["updated"], reply.json["failed"]) == (200, False, 5, 3, 2) and
                 sorted(e["item_id"] for e in reply.json["errors"]) == sorted(["4711", gone]) and all("no such" in e["error"] for e in reply.json["errors"]), reply))
    check("and the others are what Zoho says", differs(reply.json["stock_updated"], 2))
    tds.rows("UPDATE products SET deleted_at = now(), is_active = false WHERE zoho_item_id = %s", gone)
    check("(row by row)", checker.differences(sim, tds, entities=("product",)))
    before = calls(sim)
    reply = tds.post(STOCK + "/specific", {"item_ids": ids})
    check("150 of them are two calls", differs((calls(sim) - before, reply.json["updated"], reply.json["success"]), (2, 150, True)))
    replies = in_parallel(lambda n: tds.post(STOCK + "/specific", {"item_ids": ids[n:n + 3]}), range(4), 4)
    check("two requests for different items don't join", unless(all(r.json["updated"] == 3 for r in replies) and len({r.json["run_id"] for r in replies}) == 4, replies))
    for body in ({"item_ids": []}, {"item_ids": ["a b"]}, {"item_ids": ["1" * 20]}, {"item_ids": "4711"}, {"item_ids": [True]}, [1.5], {}):
        reply = tds.post(STOCK + "/specific", body)
        check(f"{str(body)[:40]} is a 422", unless(reply.status == 422 and "item_ids" in reply.json["detail"][0]["loc"], reply))
    for body, query in (({"item_ids": ids[:2], "dry_run": True}, ""), ({"item_ids": ids[:2]}, "?dry_run=true")):
        reply = tds.post(STOCK + "/specific" + query, body)
        check(f"what it can't do is one, too ({query or 'body'})", unless(reply.status == 422 and "dry_run" in str(reply.json), reply))
    check("so are more than a thousand", differs(tds.post(STOCK + "/specific", {"item_ids": [str(n) for n in range(1001)]}).status, 422))
    check("no ids at all, too", differs(tds.post(STOCK + "/specific").status, 422))
    reply = tds.post(STOCK + "/specific?wait=false", {"item_ids": ids[:2]})
    check("?wait=false answers at once", unless(reply.status == 202 and tds.run_done(reply.json["run_id"], 20) == "completed", reply))
    refused(sim, tds, ids)


def refused(sim, tds, ids):
    sim.fault(path="itemdetails", kind="html", status=404, body=REFUSAL, count=1)
    before = calls(sim)
    reply = tds.post(STOCK + "/specific", {"item_ids": ids[:8]})
    check("eight that Zoho refuses together are asked for in halves", differs((reply.json["updated"], calls(sim) - before), (8, 3)))
    sim.fault(path="itemdetails", kind="html", status=404, body=REFUSAL)
    reply = tds.post(STOCK + "/specific", {"item_ids": ids[:3]})
    check("and at last alone, each with its reason", unless((reply.json["updated"], reply.json["failed"], len(reply.json["errors"])) == (0, 3, 3) and
                                                           "404" in reply.json["errors"][0]["error"], reply))
    sim.no_faults()
    bad = ids[5]
    sim.change("product", bad, {"reorder_level": "many"}, touch=False)
    reply = tds.post(STOCK + "/specific", {"item_ids": ids[:8]})
    check("one that PostgreSQL refuses is its own failure, with the reason", unless((reply.json["updated"], reply.json["failed"]) == (7, 1) and
          reply.json["errors"][0]["item_id"] == bad and "reorder_level" in reply.json["errors"][0]["error"], reply))


def interrupted():
    """A stock run survives the death of everybody who works on it."""
    sim, tds = world(sim={"items": 900, "active-items": 900, "latency_ms": 40}, sync={"details": False, "images": False})
    tds.bulk("products")
    for who in ACTORS:
        tds.rows("TRUNCATE product_stock")
        tds.rows("UPDATE tds_entity_state SET detail_hash = NULL")
        run_id = tds.post(f"{STOCK}?batch_size=10&wait=false").json["run_id"]
        seen = wait_for(lambda: tds.value("SELECT count(*) FROM tds_run_pages WHERE run_id = %s", run_id) >= 10, 30)
        old = tds.kill(ACTORS[who])
        running = tds.value("SELECT status FROM tds_sync_runs WHERE id = %s", run_id)
        tds.replaced(ACTORS[who], old)
        check(f"the {who} is killed in the midst of a stock run", unless(seen and running == "running", (seen, running)))
        check(f"the run goes on after the death of the {who}", differs(tds.run_done(run_id, 60), "completed"))
        check(f"every row of product_stock is what Zoho holds, {who} or no {who}", right(sim, tds))
        counted = tds.rows("SELECT r.total_events, r.failed_events, r.stock_updated_count = (SELECT count(DISTINCT s) FROM tds_run_pages p, unnest(p.stock_ids) s "
                           "WHERE p.run_id = r.id), (SELECT count(*) FROM tds_run_pages p WHERE p.run_id = r.id), (SELECT count(*) FROM tds_run_plan) "
                           "FROM tds_sync_runs r WHERE id = %s", run_id)
        check(f"its counters are sums over its pages, {who} or no {who}", differs(counted, [(900, 0, True, 90, 0)]))
    held(sim, tds)
    check("it ends cleanly", tds.stop())


def held(sim, tds):
    run_id = tds.post(f"{STOCK}?batch_size=10&wait=false").json["run_id"]
    wait_for(lambda: tds.value("SELECT count(*) FROM tds_run_pages WHERE run_id = %s", run_id) >= 5, 20)
    tds.post("/api/bff/tds/entities/product/pause")
    check("a pause refuses new ones", differs(tds.post(STOCK).status, 409))
    wait_for(lambda: False, 0.6)
    first = details_calls(sim)
    wait_for(lambda: False, 0.3)
    check("and holds the one under way", unless(details_calls(sim) == first and not tds.run_done(run_id, 0), (details_calls(sim), first)))
    joined = tds.post("/api/bff/tds/entities/product/resume")
    joined = tds.post(f"{STOCK}?wait=false")
    check("a second stock run joins the first", differs(joined.json["run_id"], run_id))
    check("it can be called off", differs(tds.post(f"/api/bff/tds/runs/{run_id}/cancel").body, b'{"success":true,"message":"Run cancelled"}'))
    check("a cancelled one stops", differs(tds.run_done(run_id, 20), "failed"))
    check("what was applied stays, and it counts", unless(tds.value("SELECT total_events FROM tds_sync_runs WHERE id = %s", run_id) in range(50, 900), run_id))
    pulled, stock = tds.bulk_start("products", batch_size=20), tds.bulk_start("stock")
    check("a pull and a stock run go on side by side", differs((pulled != stock, tds.run_done(pulled, 30), tds.run_done(stock, 30)), (True, "completed", "completed")))


def scheduled():
    noon = f"{12 - time.gmtime().tm_hour:+03}00"  # where Zoho's day has hours to go
    sim, tds = world(sim={"calls-per-day": 400, "time-zone": noon}, zoho={"daily_reserve_percent": 10},
                     sync={"details": False, "schedule": [{"name": "stock", "every": "1s"}]})
    tds.bulk("products", active_only=False)
    moved = with_locations(sim, 1)[0]
    transfer(sim, moved)
    check("the schedule's stock runs find a transfer", unless(wait_for(lambda: not right(sim, tds), 20), right(sim, tds)))
    def stretched():
        entries = tds.get("/api/zoho/bulk-sync/status").json["schedule"]
        return entries[0]["stretched"] and entries
    seen = wait_for(stretched, 70)
    check("where the day doesn't give the calls, an interval is stretched and says so", unless(seen and seen[0]["calls"] == 1 and "schedule stretched" in tds.log(), seen))
    before = tds.value("SELECT count(*) FROM tds_sync_runs WHERE run_type = 'stock'")
    wait_for(lambda: False, 4)
    check("and is kept to", unless(tds.value("SELECT count(*) FROM tds_sync_runs WHERE run_type = 'stock'") - before <= 1, before))


def too_large():
    """Of what is larger together than a reply may be less is asked for at once; what is too large alone is told."""
    sim, tds = world(sim={"items": 120, "active-items": 120}, zoho={"page_bytes_max": "64KiB"}, sync={"page_size": 10})
    reply = tds.bulk("products")
    check("details are too large by the hundred", unless(reply.json["success"], reply))
    check("in the background fewer are asked for, until they fit", tds.quiet(60) or differs(
        tds.value("SELECT count(DISTINCT zoho_item_id) FROM product_stock"), sum(bool(r["record"].get("locations") or r["record"].get("warehouses")) for r in sim.truth("product"))))
    reply = tds.post("/api/bff/tds/sync/stock")
    check("and by a stock run", unless(reply.status == 200 and reply.json["success"] and reply.json["stats"]["total_items_from_zoho"] == 120, reply))
    number = sim.ids("invoice")[0]
    record = numbers(sim.record("invoice", number)["record"])
    sim.reply(f"/books/v3/invoices/{number}", {"code": 0, "invoice": {**record, "notes": "x" * 70000}})
    tds.bulk("invoices")
    check("a detail that is too large alone isn't asked for for ever", tds.quiet(60))
    letter = tds.rows("SELECT source_entity_id, failure_reason FROM tds_dead_letter_queue WHERE NOT resolved")
    check("it is a dead letter that says so", unless(len(letter) == 1 and letter[0][0] == number and "page_bytes_max" in letter[0][1], letter))
    event = accepted(tds.webhook("invoices", wrap("invoice", {"invoice_id": number})))
    check("so is an event that needs it, at once", unless(tds.finished(event)[0] == "dead_letter", tds.outcome(event)))


if __name__ == "__main__":
    run(all_of_it, choices, named, interrupted, scheduled, too_large)
