-- The requests of one scene, for wrk. Arguments: seed, first number, count of numbers, then requests as
-- "METHOD PATH" or "METHOD PATH BODY". {n} becomes another number and {key} another key in every request.

-- Prime, so that the numbers neither follow each other nor repeat early; there are two threads.
local STRIDE = 7919

local threads = 0

function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end

function init(arguments)
  seed, first, count = tonumber(arguments[1]), tonumber(arguments[2]), tonumber(arguments[3])
  turn, requests = 0, {}
  for index = 4, #arguments do
    local method, path, body = arguments[index]:match("^(%S+) (%S+) ?(.*)$")
    local template = { method = method, path = path, body = body ~= "" and body or nil }
    if not arguments[index]:find("{", 1, true) then
      template.finished = format(template, "", "")
    end
    requests[#requests + 1] = template
  end
end

function request()
  turn = turn + 1
  local template = requests[turn % #requests + 1]
  if template.finished then
    return template.finished
  end
  local number = first + (turn * 2 + id + seed) * STRIDE % count
  local key = string.format("%08x%08x%016x", seed, id, turn)
  return format(template, string.format("%.0f", number), key)
end

function format(template, number, key)
  local headers = {}
  for name, value in pairs(wrk.headers) do
    headers[name] = value
  end
  if template.body then
    headers["Content-Type"] = "application/x-www-form-urlencoded"
  end
  local fill = function(text)
    return text and text:gsub("{n}", number):gsub("{key}", key)
  end
  return wrk.format(template.method, fill(template.path), headers, fill(template.body))
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("scene %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end
