FROM node:20-bookworm-slim
WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund && npm prune --omit=dev && mkdir /data && chown node /data
USER node
ENV RUNBOOK_DATA=/data
ENTRYPOINT ["node", "/app/bin/runbook.js"]
