# The base of all our images where a registry can be reached: the official Node image and the tools the faults need.
# Where none can be reached, src/harness/docker/local-base.ts makes the same from Debian packages.
ARG NODE_IMAGE
FROM ${NODE_IMAGE}
ARG PACKAGES
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${PACKAGES} \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
# The official image's entry point would guess whether a command is meant for Node.
ENTRYPOINT []
CMD ["node"]
