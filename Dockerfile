# textstream in a container: docker build -t textstream . && docker run --rm textstream --help
# As a whole, with volumes and what it may not do: compose.yaml.
FROM node:24.11.1-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
# The package as npm ships it, page included, with exactly the libraries that the lock file names. The Node that it brings
# for machines with an older one is left out.
RUN npm pack --silent --pack-destination /tmp \
  && mkdir /opt/textstream \
  && tar -xzf /tmp/textstream-*.tgz -C /opt/textstream --strip-components=1 \
  && cp package-lock.json /opt/textstream/ \
  && npm --prefix /opt/textstream ci --omit=dev --ignore-scripts \
  && rm -rf /opt/textstream/node_modules/node-linux-*

FROM node:24.11.1-bookworm-slim
COPY --from=build /opt/textstream /opt/textstream
# A volume that is new takes its owner from here. Nothing else is ever written to, but /tmp.
RUN ln -s /opt/textstream/bin/textstream /usr/local/bin/textstream \
  && mkdir -p /data /run/textstream \
  && chown 1000:1000 /data /run/textstream
ENV TEXTSTREAM_CONFIG="" \
  TEXTSTREAM_CACHE=/tmp/textstream \
  TEXTSTREAM_STATE=/data/state
# node
USER 1000:1000
WORKDIR /data
VOLUME ["/data", "/run/textstream"]
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "/opt/textstream/installations/textstream/health.mjs"]
ENTRYPOINT ["/opt/textstream/installations/textstream/start.sh"]
CMD ["--help"]
