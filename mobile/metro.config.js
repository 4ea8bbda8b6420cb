// The workspaces: packages lie above this folder and export what was compiled.
const { getDefaultConfig } = require('expo/metro-config');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const config = getDefaultConfig(__dirname);
config.watchFolders = [root];
config.resolver.nodeModulesPaths = [path.join(__dirname, 'node_modules'), path.join(root, 'node_modules')];
// The server's half of the tree has nothing for the app, and its build output would only be crawled.
config.resolver.blockList = [/\/(services|standalone|loadtest|tools)\/.*/, /\/mobile\/dist(\.new)?\/.*/];

module.exports = config;
