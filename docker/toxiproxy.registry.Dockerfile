# The released image under our own tag, so that the Compose files name the same image however it was had.
ARG TOXIPROXY_IMAGE
FROM ${TOXIPROXY_IMAGE}
