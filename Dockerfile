# docker build -t rove . && docker run --rm -v "$PWD/runs:/rove/runs" rove train configs/demo.yaml
FROM debian:12
WORKDIR /rove
COPY . .
RUN ./dev build release rove && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["build/release/rove"]
CMD ["--help"]
