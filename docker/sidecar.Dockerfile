# What runs beside the system: tap, reaper and attacker are programs here (node /app/src/harness/sidecars/NAME.ts),
# shaper and capture are a shell and tcpdump. Root, because a capability that is added back only reaches root;
# the Compose files drop all others and name another user where none is needed.
ARG BASE=relay-chaos/base:local
FROM ${BASE}
WORKDIR /app
ENV NODE_ENV=production
COPY package.json ./
COPY node_modules/zod node_modules/zod
COPY src/support src/support
COPY src/contract src/contract
COPY src/harness/sidecars src/harness/sidecars
