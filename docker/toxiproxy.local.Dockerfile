# The released Go module, built on this host: a static binary and nothing else. Health is asked of its API; there is no shell.
FROM scratch
COPY toxiproxy /toxiproxy
EXPOSE 8474
ENTRYPOINT ["/toxiproxy"]
CMD ["-host=0.0.0.0"]
