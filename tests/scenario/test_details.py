#!/usr/bin/python3
"""Details: how many are wanted and when they are expected to be there is told, and true."""
import os
import subprocess
import sys
from datetime import datetime, timezone

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from tds import BUILD, accepted, check, differs, numbers, run, soon, unless, wait_for, world, wrap


def shown():
    """How many details are wanted, and when they will be there."""
    def details():
        return tds.get("/api/zoho/bulk-sync/status").json.get("details") or {"total": 0, "expected_finish": None}  # it may just be restarted

    def told(n):
        return wait_for(lambda: details()["total"] == n and details(), 15)
    sim, tds = world(sim={"invoices": 90, "calls-per-day": 1000}, sync={"details": False}, zoho={"calls_per_minute_max": 100})
    tds.bulk("invoices")
    tds.bulk("products", active_only=False)
    seen = told(150)
    check("details that are wanted are counted by entity", unless(seen and seen["wanted"] == {"invoice": 90, "product": 60}, seen))
    check("products take a call by the hundred", differs(seen["calls"], 91))
    check("nobody expects them while sync.details is off", differs((seen["expected_finish"], seen["why"]), (None, "sync.details is off")))
    tds.configure(sync={"details": True})
    sim.control("POST", "quota?used=920")
    tds.ask("reload")
    tds.bulk("branches")  # whose replies tell of the day

    def instant(text):
        return text and datetime.fromisoformat(text.replace("Z", "+00:00"))

    def after_reset():
        status = tds.get("/api/zoho/bulk-sync/status").json
        when, resets = (instant(status.get("details", {}).get("expected_finish")), instant(status.get("zoho", {}).get("resets_at")))
        return when and resets and when > resets

    check("what the day's calls don't give is expected after its reset", unless(wait_for(after_reset, 20), details()))

    def entity(name):
        return next(e for e in tds.get("/api/bff/tds/entities").json if e["entity_type"] == name)

    left = tds.value("SELECT count(*) FROM tds_entity_state WHERE detail_wanted AND entity_type = 'invoice'")
    check("the list of entities says the same", unless(wait_for(lambda: entity("invoice")["detail_expected_finish"], 15) and entity("invoice")["detail_backlog"] == left > 0 and
                                                      entity("customer")["detail_backlog"] == 0 and entity("customer")["detail_expected_finish"] is None, entity("invoice")))

    def figures():
        text = tds.get("/metrics").body.decode()
        found = text.partition("\ntds_details_expected_finish_seconds ")[2].split("\n")[0]
        return f'tds_details_wanted{{entity="invoice"}} {left}\n' in text and found not in ("", "nan") and float(found) > 60 and found
    check("/metrics has it, too", unless(wait_for(figures, 15), figures()))
    words = subprocess.run([os.path.join(BUILD, "tdsctl"), "-s", os.path.join(tds.data, "control.sock"), "queue"], capture_output=True, text=True).stdout
    check("and tdsctl queue", unless("invoice" in words and "expected finish: 2" in words, words))
    check("it ends cleanly", tds.stop())


def expected():
    """The minute's budget says when; without Zoho nobody can."""
    def details():
        return tds.get("/api/zoho/bulk-sync/status").json["details"]

    sim, tds = world(sim={"invoices": 90}, zoho={"calls_per_minute_max": 30, "attempts_max": 2}, breaker={"failures": 3, "timeout": "30s"})
    tds.bulk("invoices")
    seen = wait_for(lambda: 0 < details()["total"] < 80 and details()["expected_finish"] and details(), 20)
    left = (datetime.fromisoformat(seen["expected_finish"].replace("Z", "+00:00")) - datetime.now(timezone.utc)).total_seconds() if seen else 0
    check("27 calls a minute and what others use say when they will be there", unless(seen and seen["total"] / 27 * 60 - 10 < left < seen["total"] / 20 * 60 + 60, (seen, left)))
    sim.pause()
    for number in ("4711", "4712", "4713"):
        tds.webhook("invoices", {"invoice": {"invoice_id": number}})
    seen = wait_for(lambda: details()["expected_finish"] is None and details(), 20)
    check("while Zoho can't be reached nobody says when", unless(seen and seen["why"] == "Zoho can't be reached" and seen["total"], details()))


def burst():
    """A sync by hand isn't taken for what others use all day."""
    def details():
        return tds.get("/api/zoho/bulk-sync/status").json["details"]

    _, tds = world(sim={"invoices": 300, "calls-per-day": 1500}, zoho={"calls_per_minute_max": 60})
    tds.bulk("sync-all")  # as many calls every minute would be more than the day's
    check("behind a burst it is known when they will be there", unless(
        wait_for(lambda: details()["expected_finish"], 20) and not wait_for(lambda: details()["why"] == "other lanes use all calls", 5) and details()["total"], details()))


def older():
    """A detail's time isn't the list's: one that is older doesn't count for a moment, afterwards it is what Zoho holds."""
    sim, tds = world(sync={"details": False})
    tds.bulk("payments")
    number = next(n for n in sim.ids("payment") if sim.record("payment", n)["record"]["invoices"])
    record = numbers(sim.record("payment", number)["record"])
    sim.reply(f"/books/v3/customerpayments/{number}", {"code": 0, "payment": {**record, "updated_time": "2020-01-01T10:00:00+0300"}})
    lines = f"SELECT count(*) FROM payment_allocations WHERE zoho_payment_id = '{number}'"

    def fetch():
        event = accepted(tds.webhook("payments", wrap("payment", {"payment_id": number})))
        return tds.finished(event)[1], tds.value(lines)
    check("an older detail, asked for right behind the list, is stale", differs(fetch(), ("stale", 0)))
    tds.rows("UPDATE tds_entity_state SET observed_at = observed_at - interval '2 minutes' WHERE source_entity_id = %s", number)
    check("asked for later it is written, with its lines", differs(fetch(), ("applied", len(record["invoices"]))))
    check("and isn't wanted any more", tds.value("SELECT count(*) FROM tds_entity_state WHERE detail_wanted AND source_entity_id = %s", number))


def prices():
    """A sync of price lists writes their prices, too, before it answers, whether details come in the background or not."""
    sim, tds = world(sync={"details": False})
    tds.bulk("products", active_only=False)

    def wrong():
        want = {(n, i["item_id"]) for n in sim.ids("price_list") for i in sim.record("price_list", n)["record"].get("pricebook_items") or []}
        have = set(tds.rows("SELECT zoho_price_list_id, zoho_item_id FROM product_prices"))
        return unless(want and have == want, f"{len(have)} instead of {len(want)}")
    reply = tds.bulk("pricelists")
    n = len(sim.ids("price_list"))
    check("it ends well", unless(reply.status == 200 and reply.json["success"] and reply.json["stats"]["created"] == n, reply))
    check("every price is there at its reply", wrong())
    check("its calls are counted", differs(reply.json["api_calls"], 1 + sum("pricebook_items" in sim.record("price_list", i)["record"] for i in sim.ids("price_list"))))
    number = next(i for i in sim.ids("price_list") if sim.record("price_list", i)["record"].get("pricebook_items"))
    items = numbers(sim.record("price_list", number)["record"])["pricebook_items"]
    dear = "SELECT count(*) FROM product_prices WHERE price = 77777"
    sim.change("price_list", number, {"pricebook_items": [{**items[0], "pricebook_rate": 77777, "price_brackets": []}, *items[1:]], "last_modified_time": soon()}, touch=False)
    tds.bulk("pricelists")
    check("so is a price that changed", differs(tds.value(dear), 1))
    sim.change("price_list", number, {"pricebook_items": items, "last_modified_time": soon(2)}, touch=False)
    sim.reply(f"/inventory/v1/pricebooks/{number}", {"code": 9, "message": "no"}, status=400)
    sim.reply(f"/books/v3/pricebooks/{number}", {"code": 9, "message": "no"}, status=400)
    reply = tds.bulk("pricelists")
    check("one that can't be had is no success", unless(not reply.json.get("success") and "1 pricelists" in str(reply.json), reply))
    sim.no_replies()
    reply = tds.bulk("pricelists", dry_run=True)
    check("a dry run asks for none", unless(reply.json["success"] and reply.json["api_calls"] == 1, reply))
    run_id = tds.bulk_start("pricelists")
    wait_for(lambda: tds.value("SELECT count(*) FROM tds_run_pages WHERE run_id = %s", run_id), 20)
    tds.kill("dispatcher")
    check("it goes on after the dispatcher's death", differs(tds.run_done(run_id, 60), "completed"))
    check("to the end", wrong() or differs(tds.value(dear), 0))


def no_call_twice():
    """Answers come while PostgreSQL is asked what is left: none of them is asked for once more."""
    sim, tds = world(sim={"price-lists": 250, "items": 5, "active-items": 5}, zoho={"calls_per_minute_max": 3000}, sync={"details": False})
    reply = tds.bulk("pricelists")
    check("every price list comes", unless(reply.status == 200 and reply.json["success"] and reply.json["stats"]["created"] == 250, reply))
    check("each detail with one call", differs(sim.calls()["by_path"]["/books/v3/pricebooks/{id}"], 250))


if __name__ == "__main__":
    run(shown, expected, burst, older, prices, no_call_twice)
