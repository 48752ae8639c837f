/** What a show is to its viewer, and what a price looks like. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { formatMoney, savingPercent } from "../../../../../resources/viewer/scripts/money.js";
import { isLasting, phaseOf } from "../../../../../resources/viewer/scripts/show.js";

const live = { status: "live", isReceiving: true };

test("a show without media is about to begin, or interrupted for those who saw it", () => {
  const held = { ...live, isReceiving: false };
  assert.equal(phaseOf({ stream: live, problem: null, hadMedia: true }), "live");
  assert.equal(phaseOf({ stream: held, problem: null, hadMedia: false }), "waiting");
  assert.equal(phaseOf({ stream: held, problem: null, hadMedia: true }), "interrupted");
});

test("what is known of a show counts more than a request that failed", () => {
  assert.equal(phaseOf({ stream: live, problem: "network", hadMedia: true }), "live");
  assert.equal(phaseOf({ stream: null, problem: "network", hadMedia: false }), "unreachable");
  assert.equal(phaseOf({ stream: null, problem: "stream.not_found", hadMedia: false }), "notFound");
  assert.equal(phaseOf({ stream: null, problem: "stream.private", hadMedia: false }), "private");
  assert.equal(phaseOf({ stream: null, problem: null, hadMedia: false }), "loading");
});

test("only what will not pass by itself is lasting", () => {
  assert.ok(isLasting("stream.not_found") && isLasting("stream.private"));
  assert.ok(!isLasting("network") && !isLasting("request.rate_limited") && !isLasting("server.internal"));
});

test("prices are written as the person's country writes them", () => {
  assert.equal(formatMoney(1299.5, "USD", "en-US"), "$1,299.50");
  assert.equal(formatMoney(1299.5, "BRL", "pt-BR").replace(/\s/g, " "), "R$ 1.299,50");
  assert.equal(formatMoney(1500, "CLP", "es-CL").replace(/\s/g, " "), "$1.500");
  assert.equal(formatMoney(10, "nonsense", "en"), "10 nonsense");
});

test("a saving is only one when the live price is lower", () => {
  assert.equal(savingPercent(129, 99), 23);
  assert.equal(savingPercent(10, 10), 0);
  assert.equal(savingPercent(10, 12), 0);
  assert.equal(savingPercent(10, undefined), 0);
  assert.equal(savingPercent(0, 0), 0);
});
