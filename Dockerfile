# One image per binary: docker build --target spillway -t spillway .
# Equal sources give equal binaries: the compiler is pinned, paths and symbols are stripped, nothing reads the clock.

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd ./cmd
COPY pkg ./pkg
ENV CGO_ENABLED=0
RUN go build -trimpath -buildvcs=false -ldflags="-s -w" -o /out/ ./cmd/...

FROM scratch AS spillway
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/spillway /usr/local/bin/spillway
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/spillway"]

FROM scratch AS spillway-health
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/spillway-health /usr/local/bin/spillway-health
USER 65532:65532
EXPOSE 8080 9090
ENTRYPOINT ["/usr/local/bin/spillway-health"]
