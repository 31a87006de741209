//! A site that responds to every request with the version it was compiled with. Compiled by the test with rustc alone.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};

fn main() {
    let port = std::env::var("PORT").expect("PORT is set");
    let port = port.parse().expect("PORT is a number");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free");
    let version = env!("SITE_VERSION");
    for stream in listener.incoming() {
        let mut stream = stream.expect("the connection is accepted");
        let mut request = [0; 1024];
        if stream.read(&mut request).is_ok() {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                version.len()
            );
            stream.write_all(format!("{head}{version}").as_bytes()).ok();
        }
    }
}
