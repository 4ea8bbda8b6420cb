/**
 * The Lua scripts of the registry in Redis. Each runs as a whole, alone, and touches a bounded number of keys. Leases are counted by the
 * clock of Redis, so that the clocks of its clients do not matter.
 *
 * ARGV[1] is the beginning of the keys, ARGV[2] the time of a lease in ms.
 */

const PRELUDE = `
local prefix, leaseMs = ARGV[1], tonumber(ARGV[2])
local LEASES = prefix .. 'leases'

local function nowMs()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function lease(id, address)
  redis.call('ZADD', LEASES, string.format('%.0f', nowMs() + leaseMs), id)
  if address ~= '' then redis.call('HSET', prefix .. 'gateway:' .. id, 'address', address) end
end

-- The digest is a sum of 64 bits (ConnectionDigest): here two halves of 32, which a double holds.
local function load(id)
  local kept = redis.call('HMGET', prefix .. 'gateway:' .. id, 'high', 'low')
  return { id = id, high = tonumber(kept[1] or '0'), low = tonumber(kept[2] or '0') }
end

-- That of its channels.
local function loadChannels(id)
  local kept = redis.call('HMGET', prefix .. 'gateway:' .. id, 'channels_high', 'channels_low')
  return { id = id, high = tonumber(kept[1] or '0'), low = tonumber(kept[2] or '0') }
end

local function saveChannels(channels)
  redis.call('HSET', prefix .. 'gateway:' .. channels.id,
    'channels_high', string.format('%.0f', channels.high), 'channels_low', string.format('%.0f', channels.low))
end

local function save(gateway)
  redis.call('HSET', prefix .. 'gateway:' .. gateway.id,
    'high', string.format('%.0f', gateway.high), 'low', string.format('%.0f', gateway.low))
end

local function sum(gateway, text, sign)
  local hash = redis.sha1hex(text)
  local low = gateway.low + sign * tonumber(string.sub(hash, 9, 16), 16)
  local carry = math.floor(low / 4294967296)
  gateway.low = low - carry * 4294967296
  gateway.high = (gateway.high + sign * tonumber(string.sub(hash, 1, 8), 16) + carry) % 4294967296
end

local function count(gateway, user, number, sign)
  sum(gateway, user .. '/' .. number, sign)
end

local function endInterest(channels, channel)
  if redis.call('SREM', prefix .. 'interests:' .. channels.id, channel) == 0 then return end
  redis.call('SREM', prefix .. 'interested:' .. channel, channels.id)
  sum(channels, channel, -1)
end

-- Returns the connection that is no longer there.
local function drop(gateway, number)
  local connections = prefix .. 'connections:' .. gateway.id
  local user = redis.call('HGET', connections, number)
  if not user then return nil end
  local key, field = prefix .. 'user:' .. user, gateway.id .. '/' .. number
  local connection = redis.call('HGET', key, field)
  redis.call('HDEL', connections, number)
  redis.call('HDEL', key, field)
  count(gateway, user, number, -1)
  redis.call('ZADD', prefix .. 'left', string.format('%.0f', nowMs()), user)
  return connection or nil
end

local function add(gateway, number, user, connection)
  local connections = prefix .. 'connections:' .. gateway.id
  local known = redis.call('HGET', connections, number)
  if known ~= user then
    if known then drop(gateway, number) end
    redis.call('HSET', connections, number, user)
    count(gateway, user, number, 1)
  end
  redis.call('HSET', prefix .. 'user:' .. user, gateway.id .. '/' .. number, connection)
end
`;

/** By the name that the client gives them; a script whose text changes is another one to Redis, so versions may run side by side. */
export const scripts = {
  /** id, address, whether it begins anew, then number, user id, connection of each. */
  registerConnections: `${PRELUDE}
    local id, address, anew = ARGV[3], ARGV[4], ARGV[5]
    lease(id, address)
    if anew == '1' then redis.call('HDEL', prefix .. 'gateway:' .. id, 'torn') end
    local gateway = load(id)
    for i = 6, #ARGV, 3 do add(gateway, ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
    save(gateway)`,

  /** id, then numbers. Returns the connections that were there. */
  unregisterConnections: `${PRELUDE}
    local gone = {}
    if not redis.call('ZSCORE', LEASES, ARGV[3]) then return gone end
    local gateway = load(ARGV[3])
    for i = 4, #ARGV do
      local connection = drop(gateway, ARGV[i])
      if connection then gone[#gone + 1] = connection end
    end
    save(gateway)
    return gone`,

  /** id, address, digest and count of connections, digest (or nothing) and count of channels. Returns 1 where they are what is known. */
  renewLease: `${PRELUDE}
    local id = ARGV[3]
    local known = redis.call('ZSCORE', LEASES, id)
    lease(id, ARGV[4])
    if not known or redis.call('HEXISTS', prefix .. 'gateway:' .. id, 'torn') == 1 then return 0 end
    local gateway = load(id)
    local digest = string.format('%08x%08x', gateway.high, gateway.low)
    if digest ~= ARGV[5] or redis.call('HLEN', prefix .. 'connections:' .. id) ~= tonumber(ARGV[6]) then return 0 end
    if ARGV[7] == '' then return 1 end
    local channels = loadChannels(id)
    local channelDigest = string.format('%08x%08x', channels.high, channels.low)
    return channelDigest == ARGV[7] and redis.call('SCARD', prefix .. 'interests:' .. id) == tonumber(ARGV[8]) and 1 or 0`,

  /** id, number, user id, connection. */
  updateConnection: `${PRELUDE}
    if redis.call('HEXISTS', prefix .. 'connections:' .. ARGV[3], ARGV[4]) == 0 then return end
    local gateway = load(ARGV[3])
    add(gateway, ARGV[4], ARGV[5], ARGV[6])
    save(gateway)`,

  /** User ids from ARGV[2] on. Returns their connections. */
  locateUsers: `
    local found = {}
    for i = 2, #ARGV do
      local connections = redis.call('HVALS', ARGV[1] .. 'user:' .. ARGV[i])
      for j = 1, #connections do found[#found + 1] = connections[j] end
    end
    return found`,

  /** id, how many user ids are watched, these, then those that are not watched any more. */
  watchUsers: `${PRELUDE}
    local id, last = ARGV[3], 4 + tonumber(ARGV[4])
    lease(id, '')
    for i = last + 1, #ARGV do
      redis.call('SREM', prefix .. 'watched:' .. id, ARGV[i])
      redis.call('SREM', prefix .. 'watchers:' .. ARGV[i], id)
    end
    for i = 5, last do
      redis.call('SADD', prefix .. 'watched:' .. id, ARGV[i])
      redis.call('SADD', prefix .. 'watchers:' .. ARGV[i], id)
    end`,

  /** id, how many channels are added, these, then those that end. */
  interestIn: `${PRELUDE}
    local id, last = ARGV[3], 4 + tonumber(ARGV[4])
    lease(id, '')
    local channels = loadChannels(id)
    for i = last + 1, #ARGV do endInterest(channels, ARGV[i]) end
    for i = 5, last do
      if redis.call('SADD', prefix .. 'interests:' .. id, ARGV[i]) == 1 then
        redis.call('SADD', prefix .. 'interested:' .. ARGV[i], id)
        sum(channels, ARGV[i], 1)
      end
    end
    saveChannels(channels)`,

  /** Channel ids from ARGV[2] on. Returns a list of gateway ids for each. */
  interestedGateways: `
    local found = {}
    for i = 2, #ARGV do found[#found + 1] = redis.call('SMEMBERS', ARGV[1] .. 'interested:' .. ARGV[i]) end
    return found`,

  /** user id, how many ms ago they left at least. */
  settleUser: `${PRELUDE}
    local left = redis.call('ZSCORE', prefix .. 'left', ARGV[3])
    if left and tonumber(left) <= nowMs() - tonumber(ARGV[4]) then redis.call('ZREM', prefix .. 'left', ARGV[3]) end`,

  /** How many ms ago they left at least, in how many they are given again, how many are given. Returns their ids. */
  unsettledUsers: `${PRELUDE}
    local untilMs = nowMs() - tonumber(ARGV[3])
    local users = redis.call('ZRANGEBYSCORE', prefix .. 'left', '-inf', string.format('%.0f', untilMs), 'LIMIT', 0, ARGV[5])
    for _, user in ipairs(users) do
      redis.call('ZADD', prefix .. 'left', string.format('%.0f', untilMs + tonumber(ARGV[4])), user)
    end
    return users`,

  /** Returns id and address of each that lives. */
  liveGateways: `${PRELUDE}
    local found = {}
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '(' .. string.format('%.0f', nowMs()), '+inf')) do
      local address = redis.call('HGET', prefix .. 'gateway:' .. id, 'address')
      if address then found[#found + 1] = id; found[#found + 1] = address end
    end
    return found`,

  /**
   * How many connections may be taken. Takes a part of what a dead gateway had, and all that is known of it with the last part. Returns
   * whether there is more to take, in how many ms the next lease runs out, and the connections.
   */
  reapGateway: `${PRELUDE}
    local max, now = tonumber(ARGV[3]), nowMs()
    local answer = { 0, leaseMs }
    local id = redis.call('ZRANGEBYSCORE', LEASES, '-inf', string.format('%.0f', now), 'LIMIT', 0, 1)[1]
    if id then
      answer[1] = 1
      local gateway = load(id)
      local connections, watched = prefix .. 'connections:' .. id, prefix .. 'watched:' .. id
      -- Should it come back between two parts, it has to register all again, and to say whom it watches.
      redis.call('HSET', prefix .. 'gateway:' .. id, 'torn', 1)
      for i = 1, max do
        local number = redis.call('HRANDFIELD', connections)
        if not number then break end
        local connection = drop(gateway, number)
        if connection then answer[#answer + 1] = connection end
      end
      save(gateway)
      if redis.call('EXISTS', connections) == 0 then
        for _, user in ipairs(redis.call('SPOP', watched, max)) do
          redis.call('SREM', prefix .. 'watchers:' .. user, id)
        end
        local interests = prefix .. 'interests:' .. id
        local channels = loadChannels(id)
        for i = 1, max do
          local channel = redis.call('SRANDMEMBER', interests)
          if not channel then break end
          endInterest(channels, channel)
        end
        saveChannels(channels)
        if redis.call('EXISTS', watched) == 0 and redis.call('EXISTS', interests) == 0 then
          redis.call('DEL', prefix .. 'gateway:' .. id)
          redis.call('ZREM', LEASES, id)
        end
      end
    end
    local soonest = redis.call('ZRANGE', LEASES, 0, 0, 'WITHSCORES')
    if soonest[2] then answer[2] = math.max(0, math.min(leaseMs, tonumber(soonest[2]) - now)) end
    return answer`,
} as const;
