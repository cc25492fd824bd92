#!/usr/bin/python3
"""Details in the background: as fast as the budget's calls at once allow, none twice, none in vain again and again, none forgotten."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import SLOW, check, differs, run, unless, wait_for, world

DOCUMENTS, LATENCY_MS, AT_ONCE = 80, 100, 5  # of the calls at once the budget leaves one free for webhooks


def details_of(sim, path):
    return sim.calls()["by_path"].get(path, 0)


def without_a_lull():
    sim, tds = world(sim={"invoices": DOCUMENTS, "orders": DOCUMENTS, "latency-ms": LATENCY_MS}, queue={"poll_interval": "1s"},
                     zoho={"concurrent_calls_max": AT_ONCE})
    tds.bulk("invoices")
    tds.bulk("orders")
    begin = time.monotonic()
    check("the details of 160 documents come", tds.quiet(60))
    took, least = time.monotonic() - begin, 2 * DOCUMENTS / (AT_ONCE - 1) * LATENCY_MS / 1000
    check("one after the other as Zoho answers, not a few at each look", unless(took < 1.6 * least + 1, f"{took:.1f} s, the calls take {least:.1f} s"))
    asked = details_of(sim, "/books/v3/invoices/{id}") + details_of(sim, "/books/v3/salesorders/{id}")
    check("each was asked for once", differs(asked, 2 * DOCUMENTS))
    check("and they are what Zoho holds", checker.differences(sim, tds, entities=("invoice", "order")))
    check("it ends cleanly", tds.stop())


def in_vain():
    """Zoho's detail is older than what its list said: the record stays wanted, and isn't asked for without end."""
    sim, tds = world()
    tds.bulk("invoices")
    tds.quiet(60)
    ids, before = sim.ids("invoice"), details_of(sim, "/books/v3/invoices/{id}")
    tds.rows("UPDATE tds_entity_state SET detail_wanted = true, detail_hash = NULL, detail_modified = NULL, last_modified = last_modified + "
             "CASE WHEN source_entity_id = %s THEN interval '1 hour' ELSE interval '0' END WHERE entity_type = 'invoice'", ids[0])
    check("all others come", unless(wait_for(lambda: tds.details_wanted() == 1, 20, 0.1), f"{tds.details_wanted()} are wanted still"))
    for number in ids[1:4]:  # several looks later
        tds.rows("UPDATE tds_entity_state SET detail_wanted = true, detail_hash = NULL WHERE source_entity_id = %s", number)
        wait_for(lambda: tds.details_wanted() == 1, 10, 0.05)
    check("the one in vain was asked for once", differs(details_of(sim, "/books/v3/invoices/{id}") - before, len(ids) + 3))
    check("and stays wanted", differs(tds.value("SELECT source_entity_id FROM tds_entity_state WHERE detail_wanted"), ids[0]))


def slower_than_zoho():
    """The handler is slower than Zoho: it is never without work, and nobody waits for the next look."""
    sim, tds = world(sim={"invoices": 600})
    tds.rows("""CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$;
        CREATE TRIGGER slow BEFORE UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION slow()""")
    tds.bulk("invoices")
    begin = time.monotonic()
    check("600 details whose records take 10 ms each come", tds.quiet(60))
    check("in a time that has no pauses in it", unless(time.monotonic() - begin < 30 * SLOW, time.monotonic() - begin))


def many_of_which_none_is_there():
    sim, tds = world(sim={"items": 50, "active-items": 50})
    sim.fault(kind="html", status=404, path="/itemdetails", body=json.dumps({"code": 1002, "message": "Item does not exist."}))
    tds.bulk("products")
    check("a hundred that Zoho doesn't know are not asked for for ever", tds.quiet(20))
    check("but once", differs(details_of(sim, "/inventory/v1/itemdetails"), 1))


def lost_on_the_way():
    sim, tds = world(sim={"invoices": 60, "latency-ms": 200})
    tds.bulk("invoices")
    wait_for(lambda: tds.details_wanted() < 50, 20)
    old = tds.kill("zoho-io")
    check("zoho-io is replaced while details are out", unless(tds.replaced("zoho-io", old), "it isn't"))
    check("and all of them come", tds.quiet(30))
    check("as Zoho holds them", checker.differences(sim, tds, entities=("invoice",)))


run(without_a_lull, in_vain, slower_than_zoho, many_of_which_none_is_there, lost_on_the_way)
