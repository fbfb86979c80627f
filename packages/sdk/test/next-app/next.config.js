export default { serverExternalPackages: ["@seaworthy/sdk"] };
