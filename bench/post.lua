-- wrk -s post.lua URL -- BODIES HEAD SECONDS CONNECTIONS SEED [check]
-- Sends random lines of the file BODIES for SECONDS, waits for every response, and prints "drained".
-- When it is interrupted then, it prints JSON. wrk by itself stops in the middle of responses: up to
-- 32 responses of a slow server would be lost, and it would still work while the next server is
-- measured. With "check" each response is searched for errors, which costs CPU: for the warm-up.
-- HEAD is a template of bench/heads.py. Everything but its counters is put together at the start.
local ffi = require("ffi")
local bit = require("bit")
ffi.cdef("typedef struct { long s; long us; } time_value; int gettimeofday(time_value *now, void *zone);")
local time_value = ffi.new("time_value")
local threads, requests = {}, {}
local END_DELAY_MS = 1000000
local NUMBER_BYTES = 7 -- of a number from 100 to 850 with three decimals
local seconds, middle

local function now()
  ffi.C.gettimeofday(time_value, nil)
  return tonumber(time_value.s) + tonumber(time_value.us) / 1e6
end

local function split(text, separator)
  local pieces, from = {}, 1
  while true do
    local first, last = text:find(separator, from, true)
    table.insert(pieces, text:sub(from, (first or 0) - 1))
    if not first then return pieces end
    from = last + 1
  end
end

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  seconds = tonumber(args[3])
  -- wrk calls request() once before it sends anything, and delay() once more for each connection
  sent, answered, failed, started, last = -1, -tonumber(args[4]), 0, now(), 0
  math.randomseed(tonumber(args[5]))
  local head = split(args[2], "@COUNTER@")
  local is_poll = args[2]:sub(1, 4) == "GET " -- then a line is a target, a tab, and an ETag
  -- the caller samples one trace of a hundred
  local after = head[3] or ""
  middle = { head[2], (after:gsub("@FLAGS@", "00")), (after:gsub("@FLAGS@", "01")) }
  for line in io.lines(args[1]) do
    local poll = is_poll and split(line, "\t")
    if poll then line = "" end
    local body = split(line, "@NUMBER@")
    local length = body[2] and #body[1] + NUMBER_BYTES + #body[2] or #line
    local first, last = head[1]:gsub("@LENGTH@", length), (head[4] or "") .. body[1]
    if poll then
      first = first:gsub("@TARGET@", function() return poll[1] end)
      first = first:gsub("@ETAG@", function() return poll[2] end)
    end
    -- without a placeholder in head or body, the whole request is known
    local whole = not (head[2] or body[2]) and first .. last or nil
    table.insert(requests, { whole = whole, first = first, last = last, after_number = body[2] })
  end
  if args[6] == "check" then
    response = function(status, _, body)
      if is_poll and status ~= 304 or body:find('"errors"', 1, true) then failed = failed + 1 end
    end
  end
end

function request()
  sent = sent + 1
  local parts = requests[math.random(#requests)]
  if parts.whole then return parts.whole end
  local last = parts.last
  if parts.after_number then
    last = last .. string.format("%.3f", 100 + 750 * math.random()) .. parts.after_number
  end
  if not middle[1] then return parts.first .. last end
  local counter = bit.tohex(sent)
  local flags = sent % 100 == 0 and middle[3] or middle[2]
  return parts.first .. counter .. middle[1] .. counter .. flags .. counter .. last
end

-- wrk calls this before the first request of a connection and after each response.
function delay()
  answered = answered + 1
  last = now()
  if last - started < seconds then return 0 end
  if answered == sent then
    io.write("drained\n")
    io.flush()
  end
  return END_DELAY_MS
end

function done(summary, latency)
  local errors, thread = summary.errors, threads[1]
  io.write(string.format(
    '\n{"requests":%d,"duration_s":%.6f,"bytes":%d,"p50_ms":%.3f,"p90_ms":%.3f,"p99_ms":%.3f,"failures":%d}\n',
    summary.requests, thread:get("last") - thread:get("started"), summary.bytes,
    latency:percentile(50) / 1000, latency:percentile(90) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.timeout + thread:get("failed")))
end
