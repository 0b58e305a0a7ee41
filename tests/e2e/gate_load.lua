-- For wrk: publishes the events of a file (a line each, as POST /v1/events takes them), none twice, and writes down what each
-- was answered: a line "STATUS EVENT_ID" in a file of each thread's own.
--   wrk ... -s gate_load.lua URL -- EVENTS ANSWERS THREADS
local numbered = 0

function setup(thread)
  thread:set("number", numbered)
  numbered = numbered + 1
end

function init(arguments)
  local threads, at = tonumber(arguments[3]), 0
  bodies, sent = {}, 0
  for line in io.lines(arguments[1]) do
    if at % threads == number then bodies[#bodies + 1] = line end
    at = at + 1
  end
  answers = io.open(arguments[2] .. "." .. number, "w")
  answers:setvbuf("line")
end

function request()
  sent = sent + 1
  if sent > #bodies then -- more than there are: what comes now is not published
    wrk.thread:stop()
    return wrk.format("GET", "/healthz")
  end
  return wrk.format("POST", "/v1/events", { ["Content-Type"] = "application/json" }, bodies[sent])
end

function response(status, headers, body)
  answers:write(status, " ", body:match('"event_id": ?"([^"]+)"') or "-", "\n")
end
