FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN scripts/install-server.sh /opt/sojourn

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/sojourn --create-home sojourn
COPY --from=build /opt/sojourn /opt/sojourn
ENV PATH=/opt/sojourn/bin:$PATH PYTHONUNBUFFERED=1
USER sojourn
WORKDIR /var/lib/sojourn
CMD ["sojourn", "--help"]
