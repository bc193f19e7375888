-- Asks the paths of a file one after another, with the key of the environment; the same for every route.
local paths = {}
local place = 0

function init(arguments)
  for line in io.lines(os.getenv("LISTINO_BENCH_PATHS")) do paths[#paths + 1] = line end
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("LISTINO_BENCH_KEY")
end

function request()
  place = place % #paths + 1
  return wrk.format("GET", paths[place])
end
