-- Hands in the orders of a file, each once.
local bodies = {}
local place = 0

function init(arguments)
  for line in io.lines(os.getenv("LISTINO_BENCH_ORDERS")) do bodies[#bodies + 1] = line end
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("LISTINO_BENCH_KEY")
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  place = place + 1
  return wrk.format("POST", "/v1/orders", nil, bodies[place])
end
