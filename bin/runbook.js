#!/usr/bin/env node
import module from 'node:module';

// From Node 22.1 on compiled code is kept between starts.
module.enableCompileCache?.();
await import('../dist/cli/main.js');
