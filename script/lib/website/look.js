// SPDX-License-Identifier: Apache-2.0
//
// Opens every page of a site in Chromium, by the widths of a phone and of a desktop, light and dark: fails where axe
// finds an error of accessibility, where a page is wider than the screen, or where the search does not find what is
// there; keeps screenshots of some.
//
//     node look.js SITE SCREENSHOTS

const fs = require("fs");
const path = require("path");
const puppeteer = require("puppeteer-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf-8");

const [site, shots] = process.argv.slice(2).map((folder) => path.resolve(folder));
const SHOWN = ["index", "start/program", "howto/pod-command", "explanation/how-it-works", "reference/c-state",
               "figures"];
// What people type into the search, and a page that must then be among the first.
const SOUGHT = [["sanitizers", "building"], ["static linking", "building"], ["uninstall", "building"],
                ["daemon()", "howto/processes"], ["closefrom", "howto/processes"], ["threads", "howto/processes"],
                ["fork", "howto/processes"], ["leaderlife_election_token", "reference/c-state"],
                ["holderIdentity", "explanation/glossary"]];
const FIRST = 6;
const SCREENS = [["phone", 390, 844], ["desktop", 1440, 900]];

function pagesIn(folder) {
    return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const name = path.join(folder, entry.name);
        if (entry.isDirectory())
            return entry.name.startsWith("_") ? [] : pagesIn(name);
        return entry.name.endsWith(".html") ? [name] : [];
    });
}

async function faults(page) {
    await page.evaluate(axe);
    const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    const told = found.violations.map((one) =>
        `${one.id} (${one.impact}): ${one.nodes.length} x, first ${one.nodes[0].html.slice(0, 160)}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    return wide ? [...told, "the page is wider than the screen"] : told;
}

// By the site's own search.
async function notFound(page) {
    const wrong = [];
    for (const [words, wanted] of SOUGHT) {
        await page.goto(`file://${site}/search.html?q=${encodeURIComponent(words)}`);
        await page.waitForFunction(() => /found|did not match/.test(
            document.querySelector("#search-results .search-summary")?.textContent ?? ""));
        const found = await page.$$eval("#search-results li a", (links) => links.map((link) => link.href));
        if (!found.slice(0, FIRST).some((link) => link.split(/[?#]/)[0].endsWith(`/${wanted}.html`)))
            wrong.push(`"${words}" finds not ${wanted} but ${found.slice(0, FIRST).join(", ") || "nothing"}`);
    }
    return wrong;
}

async function main() {
    const browser = await puppeteer.launch({ executablePath: "/usr/bin/chromium",
                                             args: ["--no-sandbox", "--disable-gpu"] });
    let looked = 0, wrong = 0;
    fs.mkdirSync(shots, { recursive: true });
    const page = await browser.newPage();
    for (const [screen, width, height] of SCREENS) {
        await page.setViewport({ width, height });
        for (const scheme of ["light", "dark"]) {
            await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme },
                                             { name: "prefers-reduced-motion", value: "reduce" }]);
            for (const file of pagesIn(site)) {
                const name = path.relative(site, file).replace(/\.html$/, "");
                await page.goto("file://" + file);
                for (const fault of await faults(page)) {
                    console.error(`${name}, ${screen}, ${scheme}: ${fault}`);
                    wrong++;
                }
                if (SHOWN.includes(name)) {
                    const shot = `${name.replace("/", "-")}-${screen}-${scheme}.png`;
                    await page.screenshot({ path: path.join(shots, shot) });
                }
                looked++;
            }
        }
    }
    for (const fault of await notFound(page)) {
        console.error(`search: ${fault}`);
        wrong++;
    }
    await browser.close();
    console.log(`${looked} views of pages, ${wrong} faults; screenshots in ${path.relative(".", shots)}`);
    return wrong ? 1 : 0;
}

main().then((status) => process.exit(status), (error) => { console.error(error); process.exit(2); });
