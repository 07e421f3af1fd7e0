const form = document.getElementById("shout");

form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch("api/shout", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ text: form.elements.text.value }),
    });
    document.getElementById("answer").textContent = JSON.stringify(await answer.json(), null, 2);
});
