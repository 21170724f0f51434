//! Headless Chromium behind chromedriver.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

pub struct Browser {
    client: Client,
    driver: Child,
}

/// Chromedriver's own command: what the page wrote to the console, policy violations among it.
#[derive(Debug)]
struct ConsoleLog;

impl WebDriverCompatibleCommand for ConsoleLog {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"type": "browser"}).to_string()))
    }
}

/// Chromedriver's own command: one of the browser's debugging protocol, such as looking at a page as it prints.
#[derive(Debug)]
struct Devtools(Value);

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.0.to_string()))
    }
}

impl Browser {
    /// `None`, with a word why, where there is no chromedriver.
    pub async fn start() -> Option<Self> {
        let started = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut driver = match started {
            Ok(driver) => driver,
            Err(e) => {
                assert!(std::env::var_os("CI").is_none(), "chromedriver: {e}; CI installs chromium and chromium-driver");
                println!("skipped: no chromedriver ({e}); install the packages chromium and chromium-driver");
                return None;
            }
        };
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let port = line.strip_suffix('.')?.rsplit(' ').next()?.parse::<u16>().ok()?;
            line.contains("started successfully").then_some(port)
        });
        let port = port.expect("chromedriver names its port");
        let capabilities = json!({
            "goog:chromeOptions": { "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900"] },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(serde_json::from_value(capabilities).unwrap())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await;
        match client {
            Ok(client) => Some(Self { client, driver }),
            Err(e) => {
                _ = driver.kill();
                panic!("chromedriver could not start a browser: {e}");
            }
        }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    pub async fn eval(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|e| panic!("{script}: {e}"))
    }

    pub async fn eval_async(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.unwrap_or_else(|e| panic!("{script}: {e}"))
    }

    pub async fn click(&self, css: &str) {
        self.client.find(Locator::Css(css)).await.unwrap_or_else(|e| panic!("{css}: {e}")).click().await.unwrap();
    }

    pub async fn type_into(&self, css: &str, text: &str) {
        self.client.find(Locator::Css(css)).await.unwrap_or_else(|e| panic!("{css}: {e}")).send_keys(text).await.unwrap();
    }

    pub async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.unwrap();
    }

    /// Lays the page out for a medium: `print`, or as usual where it is empty.
    pub async fn medium(&self, medium: &str) {
        let command = json!({"cmd": "Emulation.setEmulatedMedia", "params": {"media": medium}});
        self.client.issue_cmd(Devtools(command)).await.unwrap();
    }

    /// Errors and warnings on the console.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.client.issue_cmd(ConsoleLog).await.unwrap();
        let entries = log.as_array().cloned().unwrap_or_default();
        let bad = |e: &&Value| matches!(e["level"].as_str(), Some("SEVERE" | "WARNING"));
        entries.iter().filter(bad).map(|e| e["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    pub async fn stop(mut self) {
        _ = self.client.clone().close().await;
        _ = self.driver.kill();
        _ = self.driver.wait();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A failed assertion must not leave a driver behind.
        _ = self.driver.kill();
        _ = self.driver.wait();
    }
}
